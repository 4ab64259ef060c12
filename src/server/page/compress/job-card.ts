/** A job as it goes, and what came of it. */
import type { PageModel } from '../api.js';
import { call } from '../bench/client.js';
import { announce, explain, fromTemplate, make } from '../dom.js';
import { addOwn } from '../state.js';
import { bytes, percent, times } from '../units.js';
import { cancelJob, followJob, hasEnded, type Job } from './api.js';

const STATES: Record<Job['state'], string> = {
  queued: 'waits',
  running: 'runs',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** Loads the result into the page: it is looked at in Compare. */
async function runHere(job: Job): Promise<void> {
  const url = job.result!.model;
  const response = await fetch(url);
  if (!response.ok)
    throw new Error(`${url}: expected status 200, got ${response.status}; the job may be gone`);
  const file = new Uint8Array(await response.arrayBuffer());
  const { inputShape, labels, preprocessing, ...version } = await call('describe', { bytes: file });
  const name = `${job.name || job.id} (yours)`;
  const model: PageModel = {
    name,
    title: `${name}: compressed here`,
    inputShape,
    labels,
    preprocessing,
    dense: null,
    versions: [
      {
        ...version,
        id: 'model',
        url,
        bytes: file.length,
        sparsity: job.result!.sparsity,
        accuracy: version.accuracy ?? job.result!.final,
        report: job.result!.report,
      },
    ],
    own: true,
  };
  location.hash = '#compare';
  addOwn(model, file);
}

function factsOf({ result }: Job): [string, string][] {
  const { bytes: size, denseBytes, sparsity, baseline, final, seconds } = result!;
  const accuracy: [string, string][] =
    final === null
      ? []
      : [['Test accuracy', `${baseline === null ? '' : `${percent(baseline, 2)} → `}${percent(final, 2)}`]];
  return [
    ['File', `${bytes(size)}, ${times(denseBytes, size)} smaller than f32`],
    ['Pruned', percent(sparsity, 1)],
    ...accuracy,
    ['Took', `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`],
  ];
}

function messageOf({ state, queue, progress, error }: Job): string {
  if (state === 'queued') return queue ? `waits, place ${queue} in the queue` : 'waits';
  if (state === 'running')
    return progress ? [progress.phase, progress.message].filter(Boolean).join(': ') : 'starts';
  return error ?? '';
}

export interface JobCard {
  element: HTMLElement;
}

/** A card that follows `job` until it ends. */
export function createJobCard(job: Job): JobCard {
  const element = fromTemplate('job').firstElementChild as HTMLElement;
  const field = <E extends HTMLElement = HTMLElement>(name: string): E =>
    element.querySelector<E>(`[data-field="${name}"]`)!;
  const problem = (error: unknown): void => {
    field('message').textContent = explain(error);
    field('message').className = 'problem';
  };

  function showProgress({ state, progress }: Job): void {
    const bar = field<HTMLProgressElement>('bar');
    bar.hidden = field('cancel').hidden = state !== 'queued' && state !== 'running';
    if (progress && progress.total > 0) {
      bar.value = progress.done / progress.total;
      field('percent').textContent = percent(bar.value, 0);
    } else bar.removeAttribute('value');
    if (bar.hidden) field('percent').textContent = '';
  }

  function showResult(shown: Job): void {
    const { result } = shown;
    field('result').hidden = !result;
    if (!result) return;
    field('facts').replaceChildren(
      ...factsOf(shown).map(([term, value]) => make('div', {}, make('dt', {}, term), make('dd', {}, value))),
    );
    field<HTMLAnchorElement>('download').href = result.model;
    field<HTMLAnchorElement>('download').download = `${shown.name || 'model'}.lop`;
    field<HTMLAnchorElement>('report').href = result.report;
  }

  function show(shown: Job): void {
    const changed = element.dataset['state'] !== shown.state;
    element.dataset['state'] = shown.state;
    field('name').textContent = shown.name || shown.id;
    field('state').textContent = STATES[shown.state];
    field('message').textContent = messageOf(shown);
    field('message').className = shown.state === 'failed' ? 'problem' : 'quiet';
    showProgress(shown);
    showResult(shown);
    if (changed) announce(`${shown.name || shown.id}: ${STATES[shown.state]}`);
    latest = shown;
  }

  let latest = job;
  show(job);
  field('cancel').addEventListener('click', () => {
    cancelJob(job.id).then((now) => now.state && show(now), problem);
  });
  field('run').addEventListener('click', () => {
    runHere(latest).catch(problem);
  });
  if (!hasEnded(job)) followJob(job.id, show);
  return { element };
}
