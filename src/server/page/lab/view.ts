import type { View } from '../views.js';

export function createLabView(): View {
  return { show: () => {}, hide: () => {} };
}
