// Bundled for the page of a soak.
import { load } from '../../dist/runtime/index.js';
import { Work } from './work.mjs';

const fetchBytes = async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer());

globalThis.openSoak = async (addresses) => {
  const files = {};
  for (const [name, address] of Object.entries(addresses)) files[name] = await fetchBytes(address);
  globalThis.soak = new Work(load, files);
  await globalThis.soak.open();
};
