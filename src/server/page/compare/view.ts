/** Dense original and pruned versions side by side on one picture. */
import { call } from '../bench/client.js';
import { announce, byId, explain } from '../dom.js';
import { createPicturePanel } from '../picture/panel.js';
import { DENSE } from '../runtimes.js';
import { firstVersion, on, state } from '../state.js';
import { milliseconds } from '../units.js';
import type { View } from '../views.js';
import { Slot } from './slot.js';
import { showVerdict } from './verdict.js';

const ROUNDS = 250;
const MOST_CARDS = 4;
/** Drawn at the start, so that there is something to see. */
const FIRST_DIGIT = 7;

const slots: Slot[] = [];
/** Grows with each new question: an answer to an older one is dropped. */
let question = 0;
/** An answer is under way; `again` says that the picture changed meanwhile. */
let busy = false;
let again = false;

const openSlots = (): Slot[] => slots.filter(({ key }) => key !== undefined);

/** All that are open answer. Returns what they said. */
async function answer(): Promise<string> {
  const { seen } = state;
  const asked = openSlots();
  if (!seen || asked.length === 0) return '';
  const mine = question;
  const keys = asked.map(({ key }) => key!);
  const answers = await call('answer', { keys, input: seen.input });
  if (mine !== question) return '';
  const said = asked.filter(({ key }, i) => key === keys[i]).map((slot, i) => slot.show(answers[keys[i]]));
  noteFirstResult(said);
  return said.filter(Boolean).join('. ');
}

/** While a line grows there is one question at a time: the newest. */
async function answerLive(): Promise<void> {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  do {
    again = false;
    await answer().catch(showProblem);
  } while (again);
  busy = false;
}

const isFirstView = ['', '#compare'].includes(location.hash);

/** How long after navigation the page had an answer to show. */
function noteFirstResult(said: readonly string[]): void {
  if (!isFirstView || document.body.dataset['firstResult'] || !said.some(Boolean)) return;
  const ms = performance.now();
  document.body.dataset['firstResult'] = String(ms);
  byId('first-result').textContent = ` First answer ${milliseconds(ms)} after navigation.`;
}

function showProblem(error: unknown): void {
  for (const { card } of slots) card.showProblem(explain(error));
}

/** Answers, then times all that are open, in turns. */
async function measure(): Promise<void> {
  if (byId('compare').hidden) return;
  const mine = ++question;
  delete document.body.dataset['measured'];
  await call('stop', null);
  for (const { gathering, card } of slots) {
    gathering.clear();
    card.showLatency(undefined);
  }
  showVerdict(slots);
  announce(await answer());
  const timed = openSlots();
  if (mine !== question || !state.seen) return;
  const keys = timed.map(({ key }) => key!);
  const ended = await call('time', { keys, input: state.seen.input, rounds: ROUNDS }, (samples) => {
    if (mine !== question) return;
    timed.forEach(({ gathering, card }, i) => {
      const fresh = samples[keys[i]];
      if (!fresh) return;
      gathering.add(fresh.samples, fresh.count);
      card.showLatency(gathering.distribution);
    });
    showVerdict(slots);
  });
  if (ended && mine === question) document.body.dataset['measured'] = String(mine);
}

const isOurs = ({ runtime }: Slot): boolean => Boolean(runtime?.startsWith('lopper'));

/** Ours first: its answer is there before larger runtimes are fetched. */
async function openAll(): Promise<void> {
  const { model } = state;
  await Promise.all(slots.filter(isOurs).map((slot) => slot.open()));
  await answer();
  await Promise.all(slots.filter((slot) => !isOurs(slot)).map((slot) => slot.open()));
  if (model !== state.model) return;
  document.body.dataset['ready'] = String(++question);
  showVerdict(slots);
  await measure();
}

function prompt(): void {
  question++;
  void call('stop', null);
  for (const { card, gathering } of slots) {
    gathering.clear();
    card.clear('draw something', state.model?.labels?.length ?? 10);
  }
  showVerdict(slots);
}

function arrange(): void {
  byId('cards').replaceChildren(...slots.map(({ card }) => card.section));
  for (const { card } of slots) card.remove.hidden = slots.length <= 2;
  byId<HTMLButtonElement>('add').disabled = slots.length >= MOST_CARDS;
  showVerdict(slots);
}

function addSlot(version: string): Slot {
  const slot = new Slot(() => void openAll().catch(showProblem));
  slot.card.remove.addEventListener('click', () => {
    slot.close();
    slots.splice(slots.indexOf(slot), 1);
    arrange();
    byId('add').focus();
  });
  slots.push(slot);
  slot.choose(version);
  return slot;
}

/** A version that no card shows yet. */
function nextVersion(): string {
  const shown = new Set(slots.map(({ version }) => version));
  const { versions } = state.model!;
  return (versions.toReversed().find(({ id }) => !shown.has(id)) ?? versions[0]).id;
}

/** What is to be looked at when this view is seen again. */
let stale = false;

/** Cards start anew: the dense original where there is one, and a pruned version. */
function useModel(): void {
  stale = byId('compare').hidden;
  if (stale) return;
  const model = state.model!;
  const [first, second] = model.dense ? [DENSE, firstVersion(model)] : [firstVersion(model), undefined];
  if (!second) slots.splice(1).forEach((slot) => slot.close());
  while (slots.length < (second ? 2 : 1)) addSlot(first);
  slots.forEach((slot, i) => slot.choose(i === 0 ? first : i === 1 && second ? second : nextVersion()));
  arrange();
  void openAll().catch(showProblem);
}

export function createCompareView(): View {
  const drawSample = createPicturePanel({
    onChange: () => {
      question++;
      void answerLive();
    },
    onSettled: () => void (state.seen ? measure().catch(showProblem) : prompt()),
  });
  drawSample(FIRST_DIGIT);
  on('model', useModel);
  byId('add').addEventListener('click', () => {
    addSlot(nextVersion());
    arrange();
    slots.at(-1)!.card.version.focus();
    void openAll().catch(showProblem);
  });
  byId('again').addEventListener('click', () => void measure().catch(showProblem));
  return {
    show: () => {
      if (stale) useModel();
      else if (openSlots().length > 0) void measure().catch(showProblem);
    },
    hide: () => {
      question++;
      void call('stop', null);
    },
  };
}
