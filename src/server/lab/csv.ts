import type { Measurement } from '../api/schemas.js';

const HEAD = [
  ...['id', 'created', 'name', 'platform', 'mobile', 'cores', 'memory_gb', 'user_agent'],
  ...['model', 'version', 'runtime', 'threads', 'median_ms', 'p95_ms', 'min_ms', 'runs', 'bytes'],
];

/**
 * One field of RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe first (OWASP, "CSV
 * Injection"): anyone may send a device's name.
 */
export function csvField(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const safe = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A row a result. */
export function measurementsCsv(measurements: readonly Measurement[]): string {
  const rows = measurements.flatMap(({ id, created, device, results }) => {
    const { name = null, platform, mobile, cores, memoryGb, userAgent } = device;
    return results.map((result) => [
      ...[id, created, name, platform, mobile, cores, memoryGb, userAgent],
      ...[result.model, result.version, result.runtime, result.threads],
      ...[result.median_ms, result.p95_ms, result.min_ms, result.runs, result.bytes],
    ]);
  });
  return [HEAD, ...rows].map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}
