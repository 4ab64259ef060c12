/** What a worker does: makes its instance on the model's memory, then takes its part of every run. */
import type { Orders, Share } from './crew.js';

interface Exports {
  work(part: number, parts: number): void;
}

/** Hears what the model's thread sends; `reply` tells it that the instance is there. */
export function hear(reply: () => void): (message: Orders | Share) => void {
  let exports: Exports;
  return (message) => {
    if ('part' in message) return exports.work(message.part, message.parts);
    const { module, memory } = message;
    exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
    reply();
  };
}
