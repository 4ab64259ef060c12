/** Multiple-choice knapsack: one option for each layer, all budgets at once. */

/** One way to store a layer. */
export interface Option {
  /** Bytes or ms; may be negative (saved against a reference). */
  cost: number;
  /** What it costs the network's quality: less is better. */
  loss: number;
}

/** A choice of one option (by index) for each layer. */
export interface Selection extends Option {
  choice: number[];
}

/** More states than this are thinned by rounding costs. */
const MOST_STATES = 4096;

/**
 * Every selection that no other beats in cost and loss, by ascending cost: dynamic programming over the layers, which keeps the
 * undominated partial sums (Nemhauser and Ullmann 1969). Exact up to 4,096 states a layer; beyond, of the states whose costs fall
 * into the same 4096th of the range the one with the least loss stays.
 *
 * @param layers options of each layer; none may be empty
 */
export function selections(layers: readonly (readonly Option[])[]): Selection[] {
  let states: Selection[] = [{ cost: 0, loss: 0, choice: [] }];
  for (const [layer, options] of layers.entries()) {
    if (options.length === 0) throw new RangeError(`layer ${layer}: expected at least one option, got none`);
    states = thinned(undominated(states.flatMap((state) => extensions(state, options))));
  }
  return states;
}

/** The selection of least loss within a budget; undefined where even the cheapest is above it. */
export function bestWithin(front: readonly Selection[], budget: number): Selection | undefined {
  return front.findLast(({ cost }) => cost <= budget);
}

function extensions(state: Selection, options: readonly Option[]): Selection[] {
  return options.map(({ cost, loss }, index) => ({
    cost: state.cost + cost,
    loss: state.loss + loss,
    choice: [...state.choice, index],
  }));
}

/** By ascending cost, each with less loss than all before it. */
function undominated(states: Selection[]): Selection[] {
  states.sort((a, b) => a.cost - b.cost || a.loss - b.loss);
  let least = Infinity;
  return states.filter(({ loss }) => {
    const better = loss < least;
    least = Math.min(least, loss);
    return better;
  });
}

/** Losses fall along the front, so the last state of a cell has the least. */
function thinned(front: Selection[]): Selection[] {
  if (front.length <= MOST_STATES) return front;
  const [first, last] = [front[0].cost, front[front.length - 1].cost];
  const cellOf = ({ cost }: Selection): number => Math.floor(((cost - first) / (last - first)) * MOST_STATES);
  return front.filter((state, i) => i === front.length - 1 || cellOf(front[i + 1]) !== cellOf(state));
}
