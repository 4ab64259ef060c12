import type { View } from '../views.js';

export function createCompressView(): View {
  return { show: () => {}, hide: () => {} };
}
