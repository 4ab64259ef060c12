/** The ABI of docs/runtime.md. */
export { reserve, loadModel as load, describe, run } from './session';
export { errorRecord as error } from './error';
