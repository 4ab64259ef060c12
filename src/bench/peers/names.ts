/** The runtimes to compare with. Native ones are a mark to look at: `fastest-web` leaves them out. */
export const WEB_PEERS = ['tfjs-wasm', 'ort-web', 'ort-web-int8'] as const;
export const NATIVE_PEERS = ['ort-node', 'tfjs-node'] as const;
export const PEER_NAMES = [...WEB_PEERS, ...NATIVE_PEERS] as const;

export type PeerName = (typeof PEER_NAMES)[number];

export const isWebPeer = (name: string): boolean => (WEB_PEERS as readonly string[]).includes(name);
