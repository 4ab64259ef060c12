export { checkWritable, writeError, writeWhole, WriteError } from './whole.js';
export { lives, removeLeftovers } from './temporary.js';
