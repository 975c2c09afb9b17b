#!/usr/bin/env node
/** The command `nwd`: runs the TypeScript of main.ts. Plain JavaScript, because a package's command has to be. */
import { register } from 'tsx/esm/api'

register()
await import('./main.ts')
