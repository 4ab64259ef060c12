/** UTF-8 for engines without TextDecoder: the bundle of `lopper/reference` uses it in its place. */

const CONTINUED = [0, 0x80, 0x800, 0x10000];

/** As `new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })`, the only one that the format's reader makes. */
export class TextDecoder {
  /** @throws TypeError for bytes that are not UTF-8 */
  decode(bytes: Uint8Array): string {
    let text = '';
    for (let at = 0; at < bytes.length;) {
      const lead = bytes[at++];
      const more =
        lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : -1;
      let point = more > 0 ? lead & (0x3f >> more) : lead;
      for (let i = 0; i < more; i++) {
        const next = bytes[at++];
        if ((next & 0xc0) !== 0x80) refuse();
        point = (point << 6) | (next & 0x3f);
      }
      if (more < 0 || point < CONTINUED[more] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        refuse();
      text += String.fromCodePoint(point);
    }
    return text;
  }
}

function refuse(): never {
  throw new TypeError('expected UTF-8, got other bytes');
}
