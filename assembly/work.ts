/** The ABI that only builds with threads have. */
import { Code } from './error';
import { nodeAt } from './model';
import { run } from './ops/table';
import { become, enter, leave } from './threads';

/** The main instance: runs of the model loaded next are split in `parts`. */
export function split(parts: u32): void {
  become(0, parts);
}

/** Another instance: takes its part, 1 to parts - 1, of every run of the model that is loaded. Returns only where there is no such part, with an error code. */
export function work(part: u32, parts: u32): i32 {
  become(part, parts);
  while (part > 0 && part < parts) {
    run(nodeAt(enter()));
    leave();
  }
  return Code.CALL;
}
