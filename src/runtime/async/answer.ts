/** What a worker does: it loads one model, then runs it, order by order. */
import type { LoadOptions } from '../load.js';
import type { Model } from '../model.js';
import type { Source } from '../source.js';
import { buffersOf, plain, type Facts, type Order, type Reply } from './messages.js';

export type Load = (source: Source, options?: LoadOptions) => Promise<Model>;

export type Send = (reply: Reply, transfer: ArrayBuffer[]) => void;

/** Hears orders; each is answered once. `load` is the runtime's of this thread. */
export function answering(load: Load, send: Send): (order: Order) => Promise<void> {
  let model: Model;
  const follow = async (order: Order): Promise<{ value: unknown; transfer?: ArrayBuffer[] }> => {
    if (order.do === 'load') {
      model = await load(order.source, order.options);
      return { value: factsOf(model) };
    }
    if (order.do === 'profile') return { value: model.profile(order.runs) };
    const value = model.run(...order.inputs).map((view) => view.slice());
    return { value, transfer: buffersOf(value) };
  };
  return async (order) => {
    const { id } = order;
    try {
      const { value, transfer = [] } = await follow(order);
      send({ id, value }, transfer);
    } catch (error) {
      send({ id, error: plain(error) }, []);
    }
  };
}

function factsOf({ inputs, outputs, metadata, threads, batch, build }: Model): Facts {
  return { inputs, outputs, metadata, threads, batch, build };
}
