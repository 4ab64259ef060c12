/** Which part of the page is seen: its name stands in the address, so that it can be linked to. */
import { byId } from './dom.js';

const NAMES = ['compare', 'sparsity', 'compress', 'lab'] as const;
type Name = (typeof NAMES)[number];

/** What a view does when it is seen, and when no longer. */
export interface View {
  show(): void;
  hide(): void;
}

/** Scripts of the views that a visitor may never open are fetched when one does. */
const OPEN: Record<Exclude<Name, 'compare'>, () => Promise<View>> = {
  sparsity: async () => (await import('./sparsity/view.js')).createSparsityView(),
  compress: async () => (await import('./compress/view.js')).createCompressView(),
  lab: async () => (await import('./lab/view.js')).createLabView(),
};
const opened = new Map<Name, Promise<View>>();

let current: Name | undefined;

function nameInAddress(): Name {
  const name = location.hash.slice(1) as Name;
  return NAMES.includes(name) ? name : 'compare';
}

function view(name: Name): Promise<View> {
  if (name !== 'compare' && !opened.has(name)) opened.set(name, OPEN[name]());
  return opened.get(name)!;
}

async function go(name: Name): Promise<void> {
  if (name === current) return;
  const before = current;
  current = name;
  if (before) (await view(before)).hide();
  for (const each of NAMES) byId(each).hidden = each !== name;
  byId('model-bar').hidden = name === 'compress' || name === 'lab';
  for (const link of document.querySelectorAll('nav a'))
    link.ariaCurrent = link.getAttribute('href') === `#${name}` ? 'page' : null;
  const shown = await view(name);
  if (current !== name) return;
  shown.show();
  document.body.dataset['view'] = name;
}

/** Shows the view that the address names, and follows it. @param compare is there from the start */
export function followAddress(compare: View): void {
  opened.set('compare', Promise.resolve(compare));
  addEventListener('hashchange', () => {
    void go(nameInAddress());
    byId(nameInAddress()).focus({ preventScroll: true });
    scrollTo({ top: 0 });
  });
  void go(nameInAddress());
}
