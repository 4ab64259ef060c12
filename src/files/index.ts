export { checkWritable, writeError, writeWhole, WriteError } from './whole.js';
export { removeLeftovers } from './temporary.js';
