/** What V8 says where nobody checked: no message that a reader may give. */
const UNCHECKED =
  /^(Invalid (typed )?array|Invalid string|Invalid count|Invalid time|Maximum call stack|Array buffer allocation|Offset is outside|offset is out|start offset|Cannot (read|set|destructure|convert|mix|use|access)|.* is not (a function|iterable|an object|a constructor)|.*would result in|toString\(\)|The number .* cannot be converted)/m;

/** True for an error's message that says what, expected, got; false for one of the engine's own, also where it is wrapped. */
export function isClear(message: string): boolean {
  return message.length > 0 && !message.split(/\n|: |; /).some((part) => UNCHECKED.test(part));
}
