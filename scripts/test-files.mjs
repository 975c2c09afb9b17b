/** Every test file, each once, the long ones first: two run at a time, and the last one should not run alone. */
import { readdirSync } from 'node:fs'
import { sep } from 'node:path'
import { ROOT } from './dependencies.mjs'

const LONG = ['test/visibility/', 'test/whole/', 'test/store/', 'test/domain/', 'test/main']

/** Paths relative to the repository. */
export function testFiles() {
  const files = readdirSync(`${ROOT}/test`, { recursive: true }).filter((name) => name.endsWith('.test.ts'))
  const paths = files.map((name) => `test/${name.split(sep).join('/')}`)
  return paths.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
}

function rank(path) {
  const place = LONG.findIndex((folder) => path.startsWith(folder))
  return place === -1 ? LONG.length : place
}
