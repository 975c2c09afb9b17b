/** One process at a time: a lock file names the process that works; the others wait for it. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { ROOT } from './dependencies.mjs'

/** Runs `work` while no other process of this checkout installs; resolves to what it resolves to. */
export const withInstallLock = (work) =>
  withLock(`${ROOT}/.install.lock`, 'Another command is installing the dependencies; waiting for it.', work)

/** Runs `work` while no other process holds the lock `file`, and says `waiting` once when one does. */
export async function withLock(file, waiting, work) {
  let announced = false
  while (!take(file)) {
    if (!announced) console.error(waiting)
    announced = true
    await delay(200)
  }
  const release = () => rmSync(file, { force: true })
  process.once('exit', release)
  try {
    return await work()
  } finally {
    process.off('exit', release)
    release()
  }
}

function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    dropIfAbandoned(file)
    return false
  }
}

/** Deletes the lock of a process that was killed. Moves it first, so that only one waiter deletes it. */
function dropIfAbandoned(file) {
  const holder = read(file)
  if (holder === undefined || holder === '' || isAlive(Number(holder))) return
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
  } catch {
    return
  }
  if (read(aside) === holder) rmSync(aside, { force: true })
  else renameSync(aside, file)
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
