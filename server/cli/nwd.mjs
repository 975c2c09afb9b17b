#!/usr/bin/env node
/** The command `nwd`: runs the TypeScript of main.ts. Plain JavaScript, because a package's command has to be. */
import '../typescript/register.mjs'

await import('./main.ts')
