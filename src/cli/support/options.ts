import { Command, InvalidArgumentError, Option } from 'commander';
import type { ForeignOptions } from './import-foreign.js';

/** A parser of whole numbers of at least `least`; anything else is wrong usage. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least || text.trim() === '')
      throw new InvalidArgumentError(`expected a whole number of at least ${least}, got '${text}'.`);
    return value;
  };
}

/** A parser of comma-separated whole numbers of at least `least`. */
export function wholeNumbers(least: number): (text: string) => number[] {
  const one = wholeNumber(least);
  return (text) => text.split(',').map(one);
}

/** A parser of a comma-separated choice of `names`. */
export function someOf<Name extends string>(names: readonly Name[]): (text: string) => Name[] {
  return (text) =>
    text.split(',').map((part) => {
      const name = names.find((known) => known === part.trim());
      if (!name) throw new InvalidArgumentError(`expected some of ${names.join(', ')}, got '${part}'.`);
      return name;
    });
}

/** A command with `--json` and an example under its help. */
export function createCommand(usage: string, summary: string, examples: readonly string[]): Command {
  const [name] = usage.split(' ');
  const command = new Command(name).description(summary).option('--json', 'print one JSON object on stdout');
  for (const argument of usage.split(' ').slice(1)) command.argument(argument);
  return command.addHelpText(
    'after',
    `\nExample${examples.length > 1 ? 's' : ''}:\n${examples.map((line) => `  $ ${line}`).join('\n')}`,
  );
}

export function preprocessOption(command: Command): Command {
  return command.option(
    '--preprocess <preset|file>',
    'how samples become input, instead of what the model, the recipe or the set says',
  );
}

type InputShapes = Pick<ForeignOptions, 'inputShape' | 'inputShapes'>;

/** `224,224,3`, or `name=224,224,3` once an input. */
function addShape(text: string, given: InputShapes = {}): InputShapes {
  const at = text.lastIndexOf('=');
  const shape = wholeNumbers(1)(text.slice(at + 1));
  if (at < 0) return { ...given, inputShape: shape };
  return { ...given, inputShapes: { ...given.inputShapes, [text.slice(0, at)]: shape } };
}

/** What `foreignOptions` adds. */
export interface ForeignFlags {
  inputShape?: InputShapes;
  outputs?: string;
  quantized?: 'keep' | 'dequantize';
}

/** Adds what an import of a foreign model may be told. */
export function foreignOptions(command: Command): Command {
  return command
    .option(
      '--input-shape <sizes>',
      'of the input, without batch, where the model leaves it open; name=sizes for one of several',
      addShape,
    )
    .option('--outputs <names>', 'tensors of the foreign model to give, instead of its own outputs')
    .addOption(
      new Option('--quantized <how>', 'what becomes of a quantized model').choices(['keep', 'dequantize']),
    );
}

export function foreignOptionsOf({ inputShape, outputs, quantized }: ForeignFlags): ForeignOptions {
  return { ...inputShape, outputs: outputs?.split(','), quantized };
}
