// One import in a process of its own: `node scripts/measure-import.mjs <model>` prints parameters, seconds and bytes more at the peak.
import { importModel } from '../dist/compress/index.js';

const before = process.resourceUsage().maxRSS;
const start = performance.now();
const graph = await importModel(process.argv[2]);
const seconds = (performance.now() - start) / 1000;
const parameters = [...graph.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
const bytes = (process.resourceUsage().maxRSS - before) * 1024;
console.log(JSON.stringify({ parameters, seconds, bytes }));
