/**
 * How `npm test` tells what it saw: one line per file, the failures in full, the slowest ten, the time, and as the very last line
 * `N passed, N failed` (and `, N skipped` when any were).
 */
import { relative } from 'node:path'
import Mocha from 'mocha'

const { Base } = Mocha.reporters

export default class Reporter extends Base {
  constructor(runner, options) {
    super(runner, options)
    const files = new Map()
    const slow = []
    const began = Date.now()
    let current

    const enter = (test) => {
      const file = test.file ?? 'hooks'
      if (current !== file) leave()
      current = file
      if (!files.has(file)) files.set(file, { passed: 0, failed: 0, skipped: 0, ms: 0 })
      return files.get(file)
    }
    const leave = () => {
      if (current !== undefined) console.log(fileLine(current, files.get(current)))
      current = undefined
    }

    runner.on('pass', (test) => {
      const file = enter(test)
      file.passed += 1
      file.ms += test.duration ?? 0
      slow.push(test)
    })
    runner.on('fail', (test) => {
      const file = enter(test)
      file.failed += 1
      file.ms += test.duration ?? 0
    })
    runner.on('pending', (test) => {
      enter(test).skipped += 1
    })
    runner.once('end', () => {
      leave()
      showSlowest(slow)
      if (this.failures.length > 0) Base.list(this.failures)
      console.log(`\nThe tests took ${Math.round((Date.now() - began) / 1000)} s.`)
      console.log(closingLine([...files.values()]))
    })
  }
}

function fileLine(file, { passed, failed, skipped, ms }) {
  const mark = failed > 0 ? 'FAIL' : 'ok  '
  const counts = [
    `${passed} passed`,
    ...(failed ? [`${failed} failed`] : []),
    ...(skipped ? [`${skipped} skipped`] : []),
  ]
  return `${mark} ${relative(process.cwd(), file)}  ${counts.join(', ')}  ${(ms / 1000).toFixed(2)} s`
}

function showSlowest(tests) {
  const slowest = tests
    .filter((test) => (test.duration ?? 0) > 500)
    .sort((a, b) => b.duration - a.duration)
    .slice(0, 10)
  if (slowest.length === 0) return
  console.log('\nSlowest:')
  for (const test of slowest) console.log(`  ${(test.duration / 1000).toFixed(2).padStart(6)} s  ${test.fullTitle()}`)
}

function closingLine(files) {
  const sum = (key) => files.reduce((total, file) => total + file[key], 0)
  const skipped = sum('skipped')
  return `\n${sum('passed')} passed, ${sum('failed')} failed${skipped ? `, ${skipped} skipped` : ''}`
}
