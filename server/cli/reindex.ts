/** `nwd reindex`: completes the index of a store that no hub has open. Exit codes: 0 complete, 1 it cannot be completed. */
import { createClock } from '../clock.ts'
import { loadConfig } from '../config.ts'
import { createHub, type Hub } from '../hub.ts'
import { createLog } from '../log.ts'
import { createProgress } from './validate/progress.ts'

export type ReindexStreams = {
  readonly out: { write(text: string): unknown }
  readonly err: { readonly isTTY?: boolean; write(text: string): unknown }
}

/** A hub of the settings that does not listen. @throws what keeps a hub from starting, such as another one on the store */
export function openForReindex(): Promise<Hub> {
  const config = loadConfig()
  // What it reports goes to the terminal, not to a log.
  return createHub(config, { log: createLog('warn'), clock: createClock() })
}

/** The lines of `out` are the types that were indexed; the progress is on a terminal alone. */
export async function reindexStore(hub: Pick<Hub, 'reindex'>, { out, err }: ReindexStreams): Promise<0 | 1> {
  const progress = createProgress(err, () => performance.now())
  let types = 0
  try {
    await hub.reindex(({ type, done, total, complete }) => {
      if (!complete) return progress.update(`${type}: ${done} of ${total} records`)
      progress.clear()
      types += 1
      out.write(`${type}: the index is complete\n`)
    })
  } catch (fault) {
    progress.clear()
    const why = fault instanceof Error ? fault.message : String(fault)
    err.write(`The index cannot be completed: ${why} What was done stays; run \`nwd reindex\` again to go on.\n`)
    return 1
  }
  if (types === 0) out.write('Every index is complete; there was nothing to do.\n')
  return 0
}
