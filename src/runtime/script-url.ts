/** Where the classic script lies that is running: what `import.meta.url` is to a module. A worker's own address where there is no document. */
export const scriptUrl =
  (globalThis.document?.currentScript as HTMLScriptElement | null | undefined)?.src ??
  globalThis.location?.href;
