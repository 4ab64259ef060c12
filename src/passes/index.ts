export { cleanUp } from './clean-up.js';
export { prepareForExport } from './prepare.js';
