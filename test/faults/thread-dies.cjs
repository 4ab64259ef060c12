// Preloaded into the command and its threads (NODE_OPTIONS=--require): the thread of $DIES_IN ends at its message of number $DIES_AFTER.
const { parentPort } = require('node:worker_threads');

const { DIES_IN, DIES_AFTER } = process.env;
let messages = 0;

function hear() {
  // a thread's script is not known yet when it is preloaded into
  if (process.argv[1].endsWith(DIES_IN) && ++messages === Number(DIES_AFTER)) process.exit(7);
}

if (parentPort) {
  const { on } = parentPort;
  // not before the script listens: what comes until then would be lost to it
  parentPort.on = function (event, listener) {
    if (event === 'message') on.call(this, event, hear);
    return on.call(this, event, listener);
  };
}
