#!/usr/bin/env python3
"""Core Web Vitals of the claimant's first pages, on a slow phone: Chromium with a throttled line and a slowed processor.

usage: vitals.py BINARY [ROUNDS=5]        (needs `pip install selenium`, chromium and chromedriver)

Each page is opened with an empty cache on each line: LCP and FCP (ms), CLS (no unit), bytes over the wire, and the time an answer to a press
takes to show (INP: opening a `details` and typing into the first field; ms). Told are the medians of the rounds; beside them the same page
on a line that is not throttled, in the same run. "Good" is LCP 2,500, CLS 0.1, INP 200 (web.dev/vitals). Loopback only.
"""
import shutil, statistics, sys, time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from running import BASE, CASE, Joinder

BINARY = sys.argv[1]
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
# kbit/s down and up, ms of latency, times slower: DevTools' "3G" and Lighthouse's "slow 4G"
LINES = {"unthrottled": None, "slow 4G, CPU 4x": (1638, 750, 150, 4), "3G, CPU 4x": (400, 400, 400, 4)}
PAGES = {"home": "/", "case": f"/c/{CASE}", "join": f"/c/{CASE}/join?association=codacons", "verify": "/verify"}
WATCH = """
window.__v = {lcp: 0, fcp: 0, cls: 0, inp: 0};
const watch = (type, f) => new PerformanceObserver(list => list.getEntries().forEach(f)).observe({type, buffered: true, durationThreshold: 16});
watch('largest-contentful-paint', e => __v.lcp = e.startTime);
watch('paint', e => { if (e.name === 'first-contentful-paint') __v.fcp = e.startTime; });
watch('layout-shift', e => { if (!e.hadRecentInput) __v.cls += e.value; });
watch('event', e => { if (e.interactionId) __v.inp = Math.max(__v.inp, e.duration); });
"""


def open_browser():
    options = webdriver.ChromeOptions()
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=it"]:
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True})
    driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
    driver.execute_cdp_cmd("Network.enable", {})
    return driver


def throttle(driver, line):
    down, up, latency, slower = line or (0, 0, 0, 1)
    driver.execute_cdp_cmd("Network.emulateNetworkConditions", {
        "offline": False, "latency": latency, "downloadThroughput": down * 125 or -1, "uploadThroughput": up * 125 or -1})
    driver.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": slower})


def measure(driver, path):
    driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    driver.get(BASE + path)
    driver.execute_async_script("const done = arguments[0]; document.fonts.ready.then(() => setTimeout(done, 300))")
    summary = driver.find_elements(By.CSS_SELECTOR, "main summary")
    fields = driver.find_elements(By.CSS_SELECTOR, "main input:not([type=checkbox]):not([type=file])")
    for element in summary[:1]:
        element.click()
    for element in [field for field in fields if field.is_displayed()][:1]:
        element.send_keys("anna")
    time.sleep(0.3)
    return driver.execute_script(
        "const sum = performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).reduce((n, e) => n + e.transferSize, 0);"
        "return {...__v, bytes: sum}")


def main():
    with Joinder(BINARY, 4) as _:
        driver = open_browser()
        try:
            print("| page | line | FCP ms | LCP ms | CLS | INP ms | kB |\n| --- | --- | --- | --- | --- | --- | --- |")
            for name, path in PAGES.items():
                for line, values in LINES.items():
                    throttle(driver, values)
                    rounds = [measure(driver, path) for _ in range(ROUNDS)]
                    middle = {key: statistics.median(r[key] for r in rounds) for key in rounds[0]}
                    print(f"| {name} | {line} | {middle['fcp']:.0f} | {middle['lcp']:.0f} | {middle['cls']:.3f} | {middle['inp']:.0f} | {middle['bytes'] / 1000:.0f} |", flush=True)
        finally:
            driver.quit()


main()
