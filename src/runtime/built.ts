import { existsSync } from 'node:fs';

/** A file of dist/: beside this one's folder, or where `npm run build` puts it, for whoever runs the sources. */
export function built(path: string): URL {
  const urls = [`../${path}`, `../../dist/${path}`].map((each) => new URL(each, import.meta.url));
  return urls.find((url) => existsSync(url)) ?? urls[0];
}
