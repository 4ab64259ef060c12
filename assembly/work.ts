/** The ABI that only builds with threads have. */
import { nodeAt } from './model';
import { run } from './ops/table';
import { become, enter, leave } from './threads';

/** The main instance: runs of the model loaded next are split in `parts`. */
export function split(parts: u32): void {
  become(0, parts);
}

/** Another instance: takes its part, 1 to parts - 1, of every run of the model that is loaded. Does not return. */
export function work(part: u32, parts: u32): void {
  become(part, parts);
  for (;;) {
    run(nodeAt(enter()));
    leave();
  }
}
