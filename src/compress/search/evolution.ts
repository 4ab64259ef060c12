import { mix, randomStream, type Random } from '../../train/random.js';
import { compareFitness, type Fitness } from './bound.js';

/** The index of a choice for each dimension of a space. */
export type Genes = number[];

export interface EvolutionOptions {
  /** How many choices each dimension has. */
  sizes: readonly number[];
  /** Individuals that live at a time, and children of a generation. */
  population: number;
  /** Evaluations in all, at most. */
  trials: number;
  /** Individuals that compete to be a parent. */
  tournament: number;
  /** Chance that a gene changes; default 1 / dimensions. */
  mutation?: number;
  seed: number;
  /** First individuals; the others are drawn. */
  start?: readonly Genes[];
}

export interface Individual {
  genes: Genes;
  fitness: Fitness;
}

/** Of so many attempts at a child that is new, none may be: the space is small, or the population has converged. */
const ATTEMPTS = 50;

/**
 * (mu + lambda) evolution over lists of choices: parents by tournament, uniform crossover, a mutation to a neighbouring
 * choice or any (Real et al. 2019 age their population; here the best stay). Each generation is drawn before any of it is evaluated and
 * sorted by fitness, then genes, so the order in which parallel evaluations end changes nothing.
 *
 * @param evaluate fitness of each, in the order given; may work on all at once
 * @returns all that were evaluated, best first
 */
export async function evolve(
  options: EvolutionOptions,
  evaluate: (genes: Genes[]) => Promise<Fitness[]>,
): Promise<Individual[]> {
  const seen = new Set<string>();
  const all: Individual[] = [];
  let living: Individual[] = [];
  for (let generation = 0; all.length < options.trials; generation++) {
    const random = randomStream(mix(options.seed, 7, generation));
    const count = Math.min(options.population, options.trials - all.length);
    const make = generation === 0 ? firstOnes(options, random) : () => child(living, options, random);
    const brood = distinct(count, make, seen);
    if (brood.length === 0) break;
    const found = await evaluate(brood);
    const born = brood.map((genes, i) => ({ genes, fitness: found[i] }));
    all.push(...born);
    living = [...living, ...born].sort(compareIndividuals).slice(0, options.population);
  }
  return all.sort(compareIndividuals);
}

export function compareIndividuals(a: Individual, b: Individual): number {
  return compareFitness(a.fitness, b.fitness) || compareGenes(a.genes, b.genes);
}

function compareGenes(a: Genes, b: Genes): number {
  const at = a.findIndex((gene, i) => gene !== b[i]);
  return at < 0 ? 0 : a[at] - b[at];
}

/** Up to `count` that nobody has seen; they count as seen from now on. */
function distinct(count: number, make: () => Genes, seen: Set<string>): Genes[] {
  const made: Genes[] = [];
  for (let attempt = 0; made.length < count && attempt < ATTEMPTS * count; attempt++) {
    const genes = make();
    if (seen.has(`${genes}`)) continue;
    seen.add(`${genes}`);
    made.push(genes);
  }
  return made;
}

/** The given ones, then drawn ones. */
function firstOnes({ sizes, start = [] }: EvolutionOptions, random: Random): () => Genes {
  const left = start.map((genes) => [...genes]);
  return () => left.shift() ?? sizes.map((size) => Math.floor(random() * size));
}

function child(living: readonly Individual[], options: EvolutionOptions, random: Random): Genes {
  const [a, b] = [0, 1].map(() => winner(living, options.tournament, random).genes);
  const crossed = a.map((gene, i) => (random() < 0.5 ? gene : b[i]));
  return mutated(crossed, options, random);
}

/** The best of a few drawn ones; `living` is sorted, so that is the least index. */
function winner(living: readonly Individual[], tournament: number, random: Random): Individual {
  const drawn = Array.from({ length: tournament }, () => Math.floor(random() * living.length));
  return living[Math.min(...drawn)];
}

/** Choices are in order (sparsities, bits), so three of four mutations go to a neighbour. */
function mutated(
  genes: Genes,
  { sizes, mutation = 1 / sizes.length }: EvolutionOptions,
  random: Random,
): Genes {
  return genes.map((gene, i) => {
    if (random() >= mutation) return gene;
    if (random() < 0.25) return Math.floor(random() * sizes[i]);
    const step = random() < 0.5 ? -1 : 1;
    return Math.max(0, Math.min(sizes[i] - 1, gene + step));
  });
}
