/** The forms that `--format` takes. */
import type { Format } from './format.ts'
import { json } from './json.ts'
import { junit } from './junit.ts'
import { ndjson } from './ndjson.ts'
import { sarif } from './sarif.ts'
import { text } from './text.ts'

export const FORMATS: Readonly<Record<string, () => Format>> = { text, json, ndjson, junit, sarif }
