/** The device lab: measure this device, and see how all do. */
import { announce, byId, explain, make } from '../dom.js';
import { on, usable } from '../state.js';
import { percent } from '../units.js';
import type { View } from '../views.js';
import { sendMeasurement, type Result } from './api.js';
import { describeDevice, thisDevice, type Device } from './device.js';
import { createDevices, showDevices } from './devices.js';
import { cellsOf, runMatrix, type Cell } from './matrix.js';
import { resultCells } from './rows.js';

const button = byId<HTMLButtonElement>('lab-measure');
const consent = byId<HTMLInputElement>('lab-consent');
const send = byId<HTMLButtonElement>('lab-send');
const bar = byId<HTMLProgressElement>('lab-bar');

let results: Result[] = [];
let running: AbortController | undefined;

function device(): Device {
  const name = byId<HTMLInputElement>('lab-name').value.trim();
  return { ...thisDevice(), ...(name && { name }) };
}

function showProblem(message: string): void {
  byId('lab-problem').textContent = message;
  byId('lab-problem').hidden = message === '';
}

/** Exactly what would be sent. */
function showPayload(): void {
  byId('lab-payload').textContent = JSON.stringify({ device: device(), results }, null, 2);
}

function showSharing(sent = false): void {
  byId('lab-share').hidden = results.length === 0;
  send.disabled = !consent.checked || sent || running !== undefined;
  showPayload();
}

function addRow({ model, version, runtime }: Cell, result: Result | { error: string }): void {
  byId('lab-table').hidden = false;
  if ('error' in result) {
    const text = `${model.name}, ${version}, ${runtime}: ${result.error}`;
    byId('lab-rows').append(make('tr', {}, make('td', { colSpan: 7, className: 'problem' }, text)));
    return;
  }
  results.push(result);
  byId('lab-rows').append(make('tr', {}, ...resultCells(result)));
}

async function measure(): Promise<void> {
  const all = byId<HTMLInputElement>('lab-all').checked;
  const cells = cellsOf(
    usable().filter(({ own }) => !own),
    all,
  );
  results = [];
  byId('lab-rows').replaceChildren();
  showSharing();
  running = new AbortController();
  button.textContent = 'Cancel';
  byId('lab-progress').hidden = false;
  const listener = {
    onProgress: (fraction: number, { name }: { name: string }) => {
      bar.value = fraction;
      byId('lab-percent').textContent = `${percent(fraction, 0)}, ${name}`;
    },
    onResult: addRow,
  };
  try {
    const ended = await runMatrix(cells, listener, running.signal);
    announce(ended ? `Measured: ${results.length} results` : 'Cancelled');
    byId('lab-percent').textContent = ended ? 'done' : 'cancelled';
  } finally {
    running = undefined;
    button.textContent = 'Measure this device';
    showSharing();
    document.body.dataset['lab'] = byId('lab-percent').textContent;
  }
}

/** There is nothing to measure before the models are known. */
function showModels(): void {
  button.disabled = usable().length === 0;
  createDevices();
}

async function share(): Promise<void> {
  send.disabled = true;
  try {
    const { id } = await sendMeasurement(device(), results);
    announce(`Sent, as number ${id}. Thank you.`);
    byId('lab-sent').textContent = `Sent, as number ${id}. Thank you.`;
    consent.checked = false;
    showSharing(true);
    await showDevices();
  } catch (error) {
    showProblem(explain(error));
    send.disabled = false;
  }
}

export function createLabView(): View {
  byId('lab-device').textContent = describeDevice(thisDevice());
  button.addEventListener('click', () => {
    showProblem('');
    if (running) return running.abort();
    delete document.body.dataset['lab'];
    measure().catch((error: unknown) => showProblem(explain(error)));
  });
  consent.addEventListener('change', () => showSharing());
  byId('lab-name').addEventListener('input', showPayload);
  send.addEventListener('click', () => void share());
  showModels();
  on('models', showModels);
  return {
    show: () => void showDevices(),
    hide: () => running?.abort(),
  };
}
