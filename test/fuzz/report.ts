import type { Corpus } from './corpus.js';
import type { Session } from './session.js';

/** What a run found; scripts/fuzz.mjs adds what was asked for. */
export function reportOf(
  { executions, outcomes, failures, slowest, peak, coverage }: Session,
  corpus: Corpus,
): object {
  return {
    executions,
    edges: coverage?.edges ?? 0,
    all_edges: coverage?.all ?? 0,
    corpus: { files: corpus.kept.length, bytes: corpus.bytes },
    outcomes: Object.fromEntries(Object.entries(outcomes).sort(([, a], [, b]) => b - a)),
    slowest_ms: Math.round(slowest.ms * 10) / 10,
    slowest_bytes: slowest.bytes,
    peak_bytes: peak.bytes,
    peak_limit_bytes: Number.isFinite(peak.limit) ? peak.limit : 0,
    max_rss: process.resourceUsage().maxRSS * 1024,
    failures,
  };
}
