"""Files that want to read other files or to reach addresses: nothing is read, nothing reached."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from core.errors import NotUsable
from core.media.decode import input_args
from core.media.facts import Video
from core.media.ffmpeg import FfmpegFailed, run
from core.media.inputs import file_arg
from core.media.probe import probe
from tests.core.media.conftest import Listener, Make

SECRET = "the-secret-of-this-machine"

M3U8 = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\n{target}\n#EXT-X-ENDLIST\n"
SCRIPTS = {
    "hls": M3U8,
    "hls with a byte order mark": "\ufeff" + M3U8,
    "hls master": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{target}\n",
    "hls key": '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF:9,\na.ts\n',
    "hls map": '#EXTM3U\n#EXT-X-MAP:URI="{target}"\n#EXTINF:9,\na.ts\n#EXT-X-ENDLIST\n',
    "hls concat": M3U8.replace("{target}", "concat:{target}|{target}"),
    "hls subfile": M3U8.replace("{target}", "subfile,,start,0,end,99,,:{target}"),
    "hls crypto": M3U8.replace("{target}", "crypto+{target}"),
    "ffconcat": "ffconcat version 1.0\nfile '{target}'\n",
    "concat": "file '{target}'\nduration 10\n",
    "dash": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT10S"><Period><AdaptationSet mimeType="video/mp4">'
    '<Representation id="1" bandwidth="1"><BaseURL>{target}</BaseURL></Representation>'
    "</AdaptationSet></Period></MPD>\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "asx": '<ASX version="3.0"><Entry><Ref href="{target}"/></Entry></ASX>\n',
    "pls": "[playlist]\nFile1={target}\nNumberOfEntries=1\n",
    "svg": '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink">'
    '<image x:href="{target}" width="99" height="99"/></svg>\n',
    "imf": '<?xml version="1.0"?><CompositionPlaylist><Id>{target}</Id></CompositionPlaylist>\n',
    "avisynth": 'AviSource("{target}")\n',
    "data address": "#EXTM3U\n#EXTINF:9,\ndata:video/mp4;base64,{data}\n#EXT-X-ENDLIST\n",
}
NAMES = ("video.mp4", "video.m3u8", "video.ffconcat", "video.mpd")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file whose content must never appear anywhere."""
    path = tmp_path / "secret.txt"
    path.write_text(SECRET * 50)
    return path


def _targets(listener: Listener, secret: Path) -> list[str]:
    return [f"http://127.0.0.1:{listener.port}/a.ts", f"file://{secret}", str(secret)]


@pytest.mark.parametrize("script", SCRIPTS)
async def test_a_list_of_other_places_is_refused_and_nothing_is_opened(
    script: str, listener: Listener, secret: Path, tmp_path: Path
) -> None:
    data = base64.b64encode(secret.read_bytes()[:60]).decode()
    for target in _targets(listener, secret):
        text = SCRIPTS[script].replace("{target}", target).replace("{data}", data)
        path = tmp_path / "video.mp4"
        path.write_text(text.replace("{port}", str(listener.port)))
        with pytest.raises(NotUsable) as told:
            await probe(path)
        assert told.value.say.key in {"media.playlist", "media.not_video"}
        assert SECRET not in str(told.value)
    assert listener.visits == 0


@pytest.mark.parametrize("name", NAMES)
async def test_the_ending_of_the_name_opens_no_door(
    name: str, listener: Listener, secret: Path, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(SCRIPTS["hls"].replace("{target}", f"http://127.0.0.1:{listener.port}/a"))
    with pytest.raises(NotUsable):
        await probe(path)
    assert listener.visits == 0


@pytest.mark.parametrize("demuxer", ["hls", "concat", "dash", "sdp", "image2", "tty", None])
@pytest.mark.parametrize("script", ["hls", "ffconcat", "concat", "dash", "sdp"])
async def test_ffmpeg_itself_refuses_them_even_when_told_to_open_them(
    script: str, demuxer: str | None, exe: str, listener: Listener, secret: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.mkv"
    for target in _targets(listener, secret)[:2]:
        text = SCRIPTS[script].replace("{target}", target)
        path = tmp_path / "video.mp4"
        path.write_text(text.replace("{port}", str(listener.port)))
        args = ["-f", demuxer] if demuxer else []
        with pytest.raises(FfmpegFailed) as failed:
            await run([*args, "-i", file_arg(path), file_arg(out)], exe=exe, timeout_s=20)
        assert SECRET not in failed.value.log
    assert listener.visits == 0
    assert not out.exists() or SECRET.encode() not in out.read_bytes()


async def test_the_known_attacks_are_refused_and_read_nothing(
    recordings: Path, exe: str, tmp_path: Path
) -> None:
    user = Path("/etc/passwd").read_text().split(":")[0] + ":x:"
    for path in [*recordings.glob("odd_ssrf_*"), *recordings.glob("odd_lfi_*")]:
        with pytest.raises(NotUsable):
            await probe(path)
        out = tmp_path / "out.txt"
        with pytest.raises(FfmpegFailed) as failed:
            args = ["-i", file_arg(path), "-map", "0", "-f", "data", file_arg(out)]
            await run(args, exe=exe, timeout_s=20)
        assert user not in failed.value.log
        assert not out.exists() or user.encode() not in out.read_bytes()


async def test_a_real_video_may_not_hide_a_second_demuxer(make: Make, exe: str) -> None:
    path = await make("a.mp4")
    video = Video(path, "", await probe(path))
    args = input_args(video)
    assert args[args.index("-f") + 1] == "mov"
    await run([*args, "-frames:v", "1", "-f", "null", "-"], exe=exe, timeout_s=20)
    path.write_text("#EXTM3U\n#EXTINF:9,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n")
    with pytest.raises(FfmpegFailed):  # exchanged after the look: still opened as what it was
        await run([*args, "-frames:v", "1", "-f", "null", "-"], exe=exe, timeout_s=20)
