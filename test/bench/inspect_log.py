#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Write a DEBUG9 log as a device under use writes it: the same bytes for the same arguments.

Usage: inspect_log.py MEGABYTES FILE

The mixture: directives, audio, context, alerts, timers and media at DEBUG9 to INFO, as the SDK's
own statements read; about one line in twenty is about the connection (streams that finish well,
headers, pings, libcurl's verbose lines), one in two hundred is none of the SDK's (boxes, other
libraries), and three times in the whole log something fails. A pool of 1 MiB blocks is generated
and repeated in an order that a fixed seed decides.
"""
import random
import sys

ORDINARY = [
    ("9", "DirectiveSequencer", "onDirective:directive={namespace=SpeechSynthesizer,name=Speak,messageId={hex}-{hex}}"),
    ("9", "DirectiveRouter", "preHandleDirective:messageId={hex}-{hex},action=calling"),
    ("9", "DirectiveProcessor", "processCancelingQueueLocked:size=0"),
    ("9", "AudioInputProcessor", "executeOnContextAvailable:jsonContext={num}"),
    ("5", "AudioInputProcessor", "setState:from=RECOGNIZING,to=BUSY"),
    ("9", "InProcessAttachmentReader", "read:fd={num},numBytes=4096,numBytesRead={num}"),
    ("9", "SharedDataStream", "seek:offset={num},reference=ABSOLUTE"),
    ("9", "MediaPlayer", "handleGetOffset:offsetInMs={num},state=PLAYING,id={num}"),
    ("5", "AudioPlayer", "executeOnPlaybackStarted:id={num}"),
    ("9", "ContextManager", "updateStateLocked:action=updatedState,state={\\\"offset\\\"\\:{num}},namespace=AudioPlayer"),
    ("9", "FocusManager", "acquireChannel:channelName=Content,interface=AudioPlayer"),
    ("9", "AlertScheduler", "reloadAlertsFromDatabase:shouldRescheduleAlerts=true"),
    ("9", "MimeResponseSink", "onReceiveMimeData:size={num}"),
    ("9", "HTTP2MimeResponseDecoder", "partDataCallback:size={num}"),
    ("9", "MessageRequestHandler", "onSendMimePartData:size={num}"),
    ("7", "ExchangeHandler", "init:context=0x{hex}"),
    ("9", "SpeechSynthesizer", "executeStateChange:newState=PLAYING,id={num}"),
    ("9", "KeywordDetector", "read:overrun=false,wordsRead={num}"),
    ("9", "Timer", "callTask:taskId={num},period=PT0.5S,drift={num}us"),
    ("I", "UserInactivityMonitor", "sendInactivityReport:seconds={num}"),
    ("9", "DeviceSettingsManager", "getValue:setting=volume,value={num}"),
    ("0", "ExternalMediaPlayer", "provideState:sendToken=true,stateRequestToken={num}"),
    ("9", "SQLiteMiscStorage", "get:component=capabilitiesDelegate,table=endpointConfigTable,rows={num}"),
    ("W", "AttachmentManager", "removeExpiredAttachmentsLocked:id={num}-{hex}"),
]
CONNECTION = [
    ("7", "LibcurlHTTP2Connection", "streamFinished:this=0x{hex},streamId={num},result=No error,CURLcode=0"),
    ("9", "LibcurlHTTP2Connection", "insertActiveStream:this=0x{hex},handle=0x{hex},streamId={num}"),
    ("9", "LibcurlHTTP2Connection", "releaseStream:this=0x{hex},streamId={num}"),
    ("9", "LibcurlHTTP2Request", "writeCallback:id={num},size=1,nmemb={num},userData=0x{hex}"),
    ("7", "MessageRequestHandler", "onReceiveResponseCode:responseCode=204"),
    ("9", "CurlEasyHandleWrapper", "libcurl:id=AVSEvent-{num},text=* Using Stream ID\\: {num} (easy handle 0x{hex})"),
    ("9", "CurlEasyHandleWrapper", "libcurl:id=AVSEvent-{num},text=* SSL certificate verify ok."),
    ("9", "CurlEasyHandleWrapper", "libcurl:id=AVSEvent-{num},text=* Connection #0 to host alexa.na.gateway.devices.a2z.com left intact"),
]
FOREIGN = [
    "#############################",
    "#       Listening...        #",
    "(SampleApp:812): GStreamer-WARNING **: 10:00:01.123: pad has no caps",
    "*   Trying 52.94.{num}...",
    "* Connected to alexa.na.gateway.devices.a2z.com (52.94.1.1) port 443 (#0)",
    "ALSA lib pcm.c:8424:(snd_pcm_recover) underrun occurred",
]
FAILURES = [
    "[ 1f] 7 LibcurlHTTP2Connection:streamFinished:this=0x7f10,streamId=12,result=Couldn't resolve host name,CURLcode=6",
    "[ 1f] 7 LibcurlHTTP2Connection:streamFinished:this=0x7f10,streamId=14,result=SSL connect error,CURLcode=35",
    "[ 1f] E HttpPost:doPostFailed:reason=curl_easy_performFailed,result=60,error=SSL peer certificate or SSH remote key was not OK",
]
BLOCK_BYTES = 1 << 20
POOL_BLOCKS = 24


def fill(template, rng):
    while "{num}" in template:
        template = template.replace("{num}", str(rng.randrange(1 << rng.randrange(4, 30))), 1)
    while "{hex}" in template:
        template = template.replace("{hex}", "%08x" % rng.randrange(1 << 32), 1)
    return template


def block(rng):
    lines, size, ms = [], 0, rng.randrange(3_000_000)
    while size < BLOCK_BYTES:
        ms += rng.randrange(40)
        dice = rng.randrange(1000)
        if dice < 5:
            line = fill(rng.choice(FOREIGN), rng)
        else:
            level, source, rest = rng.choice(CONNECTION if dice < 50 else ORDINARY)
            line = "2026-11-20 %02d:%02d:%02d.%03d [%3x] %s %s:%s" % (
                10 + ms // 3600000, ms // 60000 % 60, ms // 1000 % 60, ms % 1000,
                rng.randrange(1, 60), level, source, fill(rest, rng))
        lines.append(line)
        size += len(line) + 1
    return ("\n".join(lines) + "\n").encode()


def main():
    megabytes, path = int(sys.argv[1]), sys.argv[2]
    rng = random.Random(20171126)
    pool = [block(rng) for _ in range(POOL_BLOCKS)]
    written, target = 0, megabytes << 20
    fails = {target // 4: 0, target // 2: 1, target * 3 // 4: 2}
    with open(path, "wb") as log:
        while written < target:
            for at in [at for at in fails if at <= written]:
                log.write(("2026-11-20 12:00:00.000 " + FAILURES[fails.pop(at)] + "\n").encode())
            piece = rng.choice(pool)[:target - written]
            written += log.write(piece)


main()
