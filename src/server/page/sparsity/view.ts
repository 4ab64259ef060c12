import type { View } from '../views.js';

export function createSparsityView(): View {
  return { show: () => {}, hide: () => {} };
}
