import { load } from '../../../runtime/index.js';
import type { Engine } from './engine.js';

/** The pruned model on Lopper's runtime, as a device app would load it. */
export async function open(name: string): Promise<Engine> {
  const model = await load(new URL(`/models/${name}/model.lop`, location.href));
  return {
    run: (image) => model.run(image)[0],
    dispose: () => model.dispose(),
  };
}
