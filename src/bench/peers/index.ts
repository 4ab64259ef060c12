import { openOrtWeb } from './ort-web.js';
import type { OpenPeer } from './peer.js';
import { openTfjsWasm } from './tfjs-wasm.js';

export type PeerName = 'tfjs-wasm' | 'ort-web';

/** The runtimes to compare with; `fastest-web` in a report is the fastest of those that ran. */
export const PEERS: Record<PeerName, OpenPeer> = { 'tfjs-wasm': openTfjsWasm, 'ort-web': openOrtWeb };
