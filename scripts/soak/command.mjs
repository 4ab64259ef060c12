// What the soaks' commands have in common: help, JSON, exit codes.

/**
 * Runs a soak and prints what it found.
 * @param readFlags throws TypeError or RangeError where they are wrong: exit code 2
 * @param soak of the flags; its `faults`, one line each, mean exit code 1
 */
export async function runCommand(help, readFlags, soak) {
  try {
    const flags = readFlags();
    if (flags.help) return void console.log(help);
    const result = await soak(flags);
    console.log(JSON.stringify(result, null, 2));
    process.exitCode = result.faults.length > 0 ? 1 : 0;
  } catch (error) {
    const isUsage = error instanceof TypeError || error instanceof RangeError;
    console.error(`error: ${isUsage ? error.message : error.stack}`);
    process.exitCode = isUsage ? 2 : 1;
  }
}
