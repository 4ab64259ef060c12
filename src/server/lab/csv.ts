import type { Measurement } from '../api/schemas.js';

const DEVICE = ['id', 'created', 'name', 'platform', 'mobile', 'cores', 'memory_gb', 'user_agent'];
const RESULT = [
  'model',
  'version',
  'runtime',
  'threads',
  'median_ms',
  'p95_ms',
  'min_ms',
  'runs',
  'bytes',
] as const;

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
    const about = [id, created, name, platform, mobile, cores, memoryGb, userAgent];
    return results.map((result) => [...about, ...RESULT.map((column) => result[column])]);
  });
  return [[...DEVICE, ...RESULT], ...rows].map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}
