/** One install at a time in one checkout: a lock file names the process that installs; the others wait for it. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { ROOT } from './dependencies.mjs'

const LOCK = `${ROOT}/.install.lock`

/** Runs `work` while no other process of this checkout does; resolves to what it resolves to. */
export async function withInstallLock(work) {
  let announced = false
  while (!take()) {
    if (!announced) console.error('Another command is installing the dependencies; waiting for it.')
    announced = true
    await delay(200)
  }
  const release = () => rmSync(LOCK, { force: true })
  process.once('exit', release)
  try {
    return await work()
  } finally {
    process.off('exit', release)
    release()
  }
}

function take() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    dropIfAbandoned()
    return false
  }
}

/** Deletes the lock of a process that was killed. Moves it first, so that only one waiter deletes it. */
function dropIfAbandoned() {
  const holder = read(LOCK)
  if (holder === undefined || holder === '' || isAlive(Number(holder))) return
  const aside = `${LOCK}.${process.pid}`
  try {
    renameSync(LOCK, aside)
  } catch {
    return
  }
  if (read(aside) === holder) rmSync(aside, { force: true })
  else renameSync(aside, LOCK)
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
