/** Bytes of the WebAssembly memories that a runtime makes, for runtimes that do not tell. */

export interface MemoryWatch {
  /** Sum over the memories made while the watch went on, as large as each is now. */
  bytes(): number;
  /** Ends the watch; `bytes` still answers. */
  stop(): void;
}

/** Memories that JavaScript makes, and those that instances export, until `stop`. */
export function watchMemories(): MemoryWatch {
  const { Memory, instantiate, instantiateStreaming } = WebAssembly;
  const memories = new Set<WebAssembly.Memory>();
  const noted = <Result>(result: Result): Result => {
    const { instance = result } = result as { instance?: unknown };
    for (const value of Object.values((instance as WebAssembly.Instance).exports))
      if (value instanceof Memory) memories.add(value);
    return result;
  };
  Object.assign(WebAssembly, {
    Memory: new Proxy(Memory, {
      construct: (target, args: ConstructorParameters<typeof Memory>) => {
        const memory = new target(...args);
        memories.add(memory);
        return memory;
      },
    }),
    instantiate: (...args: Parameters<typeof instantiate>) => instantiate(...args).then(noted),
    instantiateStreaming: (...args: Parameters<typeof instantiateStreaming>) =>
      instantiateStreaming(...args).then(noted),
  });
  return {
    bytes: () => [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0),
    stop: () => void Object.assign(WebAssembly, { Memory, instantiate, instantiateStreaming }),
  };
}
