import { html, type Content, type Markup } from './html.js';

/** A card with a title, what it shows, and the picture. */
export function figure(title: string, note: string, picture: Content): Markup {
  return html`<figure>
    <figcaption><b>${title}</b>${note !== '' && ` ${note}`}</figcaption>
    ${picture}
  </figure>`;
}

export interface Tile {
  name: string;
  value: string;
  note?: string;
}

export function tiles(items: readonly Tile[]): Markup {
  const each = items.map(({ name, value, note }) => {
    return html`<div>
      <dt>${name}</dt>
      <dd>${value}${note !== undefined && html` <small>${note}</small>`}</dd>
    </div>`;
  });
  return html`<dl class="tiles">${each}</dl>`;
}

export interface Table {
  caption: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
  /** The sums. */
  foot?: readonly string[];
  /** Numbers of the rows that stand out. */
  best?: ReadonlySet<number>;
}

/** The first names its row. */
function cells([first, ...others]: readonly string[]): Content {
  return [html`<th scope="row">${first}</th>`, others.map((cell) => html`<td>${cell}</td>`)];
}

/** The first column names the rows. */
export function table({ caption, head, rows, foot, best }: Table): Markup {
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${head.map((cell) => html`<th scope="col">${cell}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map((row, i) =>
          best?.has(i)
            ? html`<tr class="best">
                ${cells(row)}
              </tr>`
            : html`<tr>
                ${cells(row)}
              </tr>`,
        )}
      </tbody>
      ${
        foot &&
        html`<tfoot>
          <tr>
            ${cells(foot)}
          </tr>
        </tfoot>`
      }
    </table>
  </div>`;
}
