/** Bytes of the WebAssembly memories that a runtime makes: the one figure that all runtimes on this page have in common. */

export interface MemoryWatch {
  /** Sum over the memories made since the watch began, as large as each is now (they never shrink). */
  bytes(): number;
  /** Ends the watch; `bytes` still answers. */
  stop(): void;
}

/** `constructor`, but each object that it makes is handed to `add`. */
function spied<Made extends object>(
  constructor: new (...args: never[]) => Made,
  add: (made: Made) => void,
): never {
  return new Proxy(constructor, {
    construct: (target, args: never[]) => {
      const made = new target(...args);
      add(made);
      return made;
    },
  }) as never;
}

/** Memories reach JavaScript in two ways: made by it, or exported by an instance. Both are watched until `stop`. */
export function watchMemories(): MemoryWatch {
  const { Memory, Instance, instantiate, instantiateStreaming } = WebAssembly;
  const memories = new Set<WebAssembly.Memory>();
  const addExports = (instance: WebAssembly.Instance): void => {
    for (const value of Object.values(instance.exports)) if (value instanceof Memory) memories.add(value);
  };
  const watched = <Result>(result: Result): Result => {
    const { instance = result } = result as { instance?: unknown };
    addExports(instance as WebAssembly.Instance);
    return result;
  };
  Object.assign(WebAssembly, {
    Memory: spied(Memory, (memory) => memories.add(memory)),
    Instance: spied(Instance, addExports),
    instantiate: (...args: Parameters<typeof instantiate>) => instantiate(...args).then(watched),
    instantiateStreaming: (...args: Parameters<typeof instantiateStreaming>) =>
      instantiateStreaming(...args).then(watched),
  });
  return {
    bytes: () => [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0),
    stop: () => void Object.assign(WebAssembly, { Memory, Instance, instantiate, instantiateStreaming }),
  };
}
