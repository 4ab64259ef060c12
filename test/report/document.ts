/** Reads the pages as a browser does, as far as a test needs: every tag closed in its order, attributes quoted. */

const VOID = new Set(['meta', 'img', 'br']);
const TAG = /<(\/?)([a-z][a-z0-9]*)((?:\s+[\w:-]+(?:="[^"<]*")?)*)\s*(\/?)>/giy;

export interface Element {
  name: string;
  attributes: Map<string, string>;
}

/** All elements, in order. Throws where the markup is not well formed. */
export function parseDocument(page: string): Element[] {
  const elements: Element[] = [];
  const open: string[] = [];
  let at = page.indexOf('>') + 1; // after the doctype
  for (;;) {
    at = page.indexOf('<', at);
    if (at < 0) break;
    TAG.lastIndex = at;
    const found = TAG.exec(page);
    if (!found) throw new Error(`markup: expected a tag, got ${page.slice(at, at + 60)}`);
    const [whole, closing, name, attributes, empty] = found;
    at += whole.length;
    if (closing) {
      const last = open.pop();
      if (last !== name) throw new Error(`markup: expected </${last}>, got ${whole}`);
      continue;
    }
    elements.push({ name, attributes: attributesOf(attributes) });
    if (!empty && !VOID.has(name)) open.push(name);
    if (name === 'style') at = page.indexOf('</style>', at);
  }
  if (open.length > 0) throw new Error(`markup: ${open.join(', ')} are not closed`);
  return elements;
}

function attributesOf(text: string): Map<string, string> {
  return new Map(
    Array.from(text.matchAll(/([\w:-]+)(?:="([^"]*)")?/g), ([, name, value]) => [name, value ?? '']),
  );
}

/** Rows of cells of each table, as text. */
export function tablesOf(page: string): string[][][] {
  return Array.from(page.matchAll(/<table>[\s\S]*?<\/table>/g), ([table]) =>
    Array.from(table.matchAll(/<tr[^>]*>([\s\S]*?)<\/tr>/g), ([, row]) =>
      Array.from(row.matchAll(/<t[hd][^>]*>([\s\S]*?)<\/t[hd]>/g), ([, cell]) => cell),
    ),
  );
}
