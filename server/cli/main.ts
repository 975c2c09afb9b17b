/** The command line: `nwd serve`, `nwd validate FILE...`. Exit codes: 0 as asked, 1 refused or invalid, 2 could not run. */
import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { startFault } from './fault.ts'

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
    .argument('<file...>', 'JSON files or folders; `-` reads standard input')
    .option('-p, --profile <url...>', 'check against these profiles, too')
    .addOption(
      new Option('--rules <rules>', 'only the published profiles, or any R4 type')
        .choices(['hub', 'open'])
        .default('hub'),
    )
    .action(async (files: string[], options: { profile?: string[]; rules: string }) => {
      const { validateFiles } = await import('./validate.ts')
      process.exitCode = await validateFiles(files, options, process.stdout)
    })
  return nwd
}

function version(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return manifest.version
}
