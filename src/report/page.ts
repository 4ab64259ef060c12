import { html, Markup, type Content } from './html.js';
import { reportedModel, type ReportedModel, type ReportInput } from './model.js';
import type { Point } from './pareto.js';
import { comparisonSection } from './sections/comparison.js';
import { historySection } from './sections/history.js';
import { layerSection } from './sections/layers.js';
import { summary } from './sections/summary.js';
import { histogramSection, maskSection } from './sections/weights.js';
import { STYLE } from './style.js';

export interface ReportOptions {
  title?: string;
  /** Further networks of the comparison, that a search tried. */
  points?: readonly Point[];
}

/**
 * One HTML page about one or several files: figures, plots and masks in the page itself, no script, nothing from elsewhere.
 *
 * @throws LopError where a file is broken
 */
export async function writeReport(
  inputs: readonly ReportInput[],
  { title = inputs.map(({ name }) => name).join(', '), points = [] }: ReportOptions = {},
): Promise<string> {
  const models = inputs.map(reportedModel);
  const compared = [...models.flatMap(pointOf), ...points];
  const articles: Markup[] = [];
  for (const model of models) articles.push(await article(model, models.length > 1));
  return page(title, [compared.length > 1 && comparisonSection(compared), articles]).text;
}

function pointOf({ name, accuracy, figures }: ReportedModel): Point[] {
  return accuracy === undefined ? [] : [{ name, bytes: figures.file_bytes, accuracy }];
}

/** The doctype is not part of a template, which formatters take apart. */
function page(title: string, content: Content): Markup {
  const body = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>${title} - Lopper</title>
      <style>
        ${new Markup(STYLE)}
      </style>
    </head>
    <body>
      <main>
        <h1>${title}</h1>
        ${content}
        <footer>Made by lopper report.</footer>
      </main>
    </body>
  </html>`;
  return new Markup(`<!doctype html>\n${body.text}\n`);
}

async function article(model: ReportedModel, named: boolean): Promise<Markup> {
  const { name, recipe, report } = model;
  return html`<article>
    ${named && html`<h2>${name}</h2>`} ${summary(model)} ${report && historySection(report)}
    ${layerSection(model)} ${await maskSection(model)} ${histogramSection(model)}
    ${
      recipe &&
      html`<details>
        <summary>Recipe</summary>
        <pre>${JSON.stringify(recipe, null, 2)}</pre>
      </details>`
    }
  </article>`;
}
