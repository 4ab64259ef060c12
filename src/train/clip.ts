/**
 * Gradient clipping by global norm (Pascanu, Mikolov and Bengio 2013): where `|g| = sqrt(sum of all squares)` is above `most`, all gradients are
 * multiplied by `most / |g|`, in place. Returns the norm that was found.
 */
export function clipByGlobalNorm(gradients: readonly Float32Array[], most: number): number {
  let squares = 0;
  for (const gradient of gradients) for (const g of gradient) squares += g * g;
  const norm = Math.sqrt(squares);
  if (norm > most) {
    const factor = most / norm;
    for (const gradient of gradients) for (let i = 0; i < gradient.length; i++) gradient[i] *= factor;
  }
  return norm;
}
