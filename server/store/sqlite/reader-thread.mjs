/** Runs the TypeScript of reader-thread.ts: a thread does not have the loader of the one that starts it. */
import '../../typescript/register.mjs'

await import('./reader-thread.ts')
