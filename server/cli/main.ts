/** The command line: `nwd serve`, `nwd validate FILE...`, `nwd reindex`. Exit codes: 0 success, 1 refused or invalid, 2 could not run. */
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { startFault } from './fault.ts'
import type { ValidateCommandOptions as ValidateOptions } from './validate.ts'

await run(process.argv)

async function run(argv: readonly string[]): Promise<void> {
  try {
    await createCommand().parseAsync(argv)
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2
      return
    }
    console.error(startFault(error))
    process.exitCode = 2
  }
}

function createCommand(): Command {
  const nwd = new Command('nwd').description('A headless FHIR R4 hub between workforce and human-services agencies.')
  nwd
    .version(version(), '-V, --version')
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(nwd --help says more)')
  nwd
    .command('serve')
    .description('run the hub; HUB_* variables set it up (docs/settings.md)')
    .action(async () => {
      await import('../main.ts')
    })
  nwd
    .command('validate')
    .description('check resources against the published profiles, with the verdict that the hub would give')
    .argument('<file...>', 'JSON and NDJSON files, folders, patterns in quotes; `-` reads standard input')
    .option('-p, --profile <url>', 'check against this profile, too (may be repeated)', another)
    .option('-d, --definitions <folder>', 'load the definitions of this folder, too (may be repeated)', another)
    .addOption(
      new Option('--rules <rules>', 'only the published profiles, or any R4 type')
        .choices(['hub', 'open'])
        .default('hub'),
    )
    .addOption(
      new Option('-f, --format <format>', 'output format')
        .choices(['text', 'json', 'ndjson', 'junit', 'sarif'])
        .default('text'),
    )
    .option('--threads <number>', 'threads at most (default: one for each core; one for NDJSON)', count)
    .action(async (files: string[], options: ValidateOptions) => {
      const { validateFiles } = await import('./validate.ts')
      const { stdin, stdout, stderr } = process
      // Collect garbage at once rather than let the heap double: a stream makes much of it.
      setFlagsFromString('--heap-growing-percent=20')
      stdout.on('error', gone)
      process.exitCode = await validateFiles(files, options, { input: stdin, out: stdout, err: stderr })
    })
  nwd
    .command('reindex')
    .description('complete the index of the store in HUB_STORE, which no hub has open; goes on where it was')
    .action(async () => {
      const { openForReindex, reindexStore } = await import('./reindex.ts')
      const hub = await openForReindex()
      process.exitCode = await reindexStore(hub, { out: process.stdout, err: process.stderr })
      await hub.stop()
    })
  return nwd
}

function another(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

function count(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a number from 1 to 999.')
}

/** Whoever read the output has seen enough (`| head`). */
function gone(fault: NodeJS.ErrnoException): void {
  if (fault.code !== 'EPIPE') throw fault
  process.exit(2)
}

function version(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return manifest.version
}
