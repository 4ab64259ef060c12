import { histogramChart } from '../charts/histograms.js';
import { figure } from '../elements.js';
import { html, type Markup } from '../html.js';
import { maskPicture, pictureAddress } from '../mask.js';
import type { KernelLayer, ReportedModel } from '../model.js';
import { percent } from '../numbers.js';

/** Pixels of all of a page's masks together: keeps a page of many layers below some megabytes. */
const PIXELS = 2_000_000;
/** Of one mask's longer side. */
const [LEAST_SIDE, MOST_SIDE] = [96, 330];

async function maskFigure({ name, kernel, op, values }: KernelLayer, side: number): Promise<Markup> {
  const picture = maskPicture(kernel.shape, kernel.data, side);
  const address = await pictureAddress(picture);
  const sparsity = percent(1 - values.length / kernel.data.length, 1);
  const { width, height } = picture;
  const label = `Mask of ${name}: ${sparsity} pruned`;
  return figure(
    name,
    `${op}, ${kernel.shape.join('×')}, ${sparsity} pruned`,
    html`<img src="${address}" width="${width}" height="${height}" alt="${label}" />`,
  );
}

/** Which weights each kernel keeps. */
export async function maskSection({ kernels }: ReportedModel): Promise<Markup> {
  const side = Math.sqrt(PIXELS / Math.max(1, kernels.length));
  const most = Math.round(Math.max(LEAST_SIDE, Math.min(MOST_SIDE, side)));
  const figures: Markup[] = [];
  for (const layer of kernels) figures.push(await maskFigure(layer, most));
  return html`<section>
    <h3>Masks</h3>
    <p class="soft">
      Outputs from top to bottom, inputs from left to right, a convolution's taps as a tile each. Green is
      kept; in masks too large to show every weight, darker where more are.
    </p>
    <div class="charts">${figures}</div>
  </section>`;
}

/** How the weights are spread, before and after. */
export function histogramSection({ kernels, source }: ReportedModel): Markup {
  return html`<section>
    <h3>Weights</h3>
    <p class="soft">
      Share of each layer's weights by value${source !== undefined && ', before compression and after'}; zeros
      of pruned weights are left out.
    </p>
    <div class="small">
      ${kernels.map(({ name, before, values }) => figure(name, '', histogramChart(name, before, values)))}
    </div>
  </section>`;
}
