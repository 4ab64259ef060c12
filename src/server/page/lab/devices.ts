/** What all devices measured: filters, plot, table. */
import { byId, explain, make } from '../dom.js';
import { RUNTIMES } from '../runtimes.js';
import { usable } from '../state.js';
import { listMeasurements, type Measurement } from './api.js';
import { describeDevice } from './device.js';
import { drawPlot, followSize } from './plot.js';
import { resultCells } from './rows.js';

/** Rows of the table; the exports have all. */
const MOST_ROWS = 200;

const model = byId<HTMLSelectElement>('lab-model');
const runtime = byId<HTMLSelectElement>('lab-runtime');

function rowsOf({ device, created, results }: Measurement): HTMLElement[] {
  const day = new Date(created).toLocaleDateString('en-CA');
  return results.map((result) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row' }, describeDevice(device)),
      make('td', {}, day),
      ...resultCells(result),
    ),
  );
}

/** Asks again, and shows what there is. */
export async function showDevices(): Promise<void> {
  try {
    const measurements = await listMeasurements({ model: model.value, runtime: runtime.value });
    const rows = measurements.flatMap(rowsOf);
    byId('devices-rows').replaceChildren(...rows.slice(0, MOST_ROWS));
    byId('devices-table').hidden = rows.length === 0;
    byId('devices-empty').hidden = rows.length > 0;
    byId('devices-empty').textContent =
      model.value || runtime.value
        ? 'No device measured this yet.'
        : 'No device yet. Measure this one, and send its figures.';
    drawPlot(measurements);
    document.body.dataset['devices'] = String(measurements.length);
  } catch (error) {
    byId('devices-empty').hidden = false;
    byId('devices-empty').textContent = explain(error);
  }
}

export function createDevices(): void {
  model.replaceChildren(
    make('option', { value: '' }, 'All models'),
    ...usable()
      .filter(({ own }) => !own)
      .map(({ name }) => make('option', { value: name }, name)),
  );
  runtime.replaceChildren(
    make('option', { value: '' }, 'All runtimes'),
    ...RUNTIMES.filter(({ id }) => id !== 'server').map(({ id, title }) =>
      make('option', { value: id }, title),
    ),
  );
  for (const select of [model, runtime]) select.addEventListener('change', () => void showDevices());
  byId('lab-refresh').addEventListener('click', () => void showDevices());
  followSize();
}
