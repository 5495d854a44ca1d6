from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.adapters import zip_layout
from orthanc_plugin.adapters.zip_layout import ZipLayout
from orthanc_plugin.domain.download import DownloadBroken, Entry

DAY = date(2026, 3, 4)


def entry(name: str, data: bytes, size: int | None = None) -> Entry:
    return Entry(name, len(data) if size is None else size, f"{name} {len(data)}", lambda: data)


def whole(layout: ZipLayout) -> bytes:
    return b"".join(layout.chunks(0, layout.length))


def opened(data: bytes) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return archive


FILES = {
    "LIESMICH.txt": b"text",
    "DICOM/SE0001/IM000001": bytes(3_000_000),
    "DICOM/SE0001/IM000002": b"",
    "Ü.txt": b"u",
}
ENTRIES = [entry(name, data) for name, data in FILES.items()]


def test_what_went_in_comes_out_with_the_length_that_was_promised() -> None:
    layout = ZipLayout(ENTRIES, DAY, {})
    data = whole(layout)
    assert len(data) == layout.length
    archive = opened(data)
    assert {info.filename: archive.read(info) for info in archive.infolist()} == FILES
    assert {info.date_time for info in archive.infolist()} == {(2026, 3, 4, 0, 0, 0)}


def test_an_archive_without_files_is_one() -> None:
    assert opened(whole(ZipLayout([], DAY, {}))).namelist() == []


@given(st.data())
def test_any_part_is_that_part_of_the_whole(data: st.DataObject) -> None:
    files = data.draw(st.lists(st.binary(max_size=40), max_size=5))
    layout = ZipLayout([entry(f"{number}", content) for number, content in enumerate(files)], DAY, {})
    complete = whole(layout)
    first = data.draw(st.integers(0, layout.length))
    end = data.draw(st.integers(first, layout.length))
    assert b"".join(layout.chunks(first, end)) == complete[first:end]


def test_pieces_are_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_layout, "_CHUNK", 1000)
    layout = ZipLayout(ENTRIES, DAY, {})
    assert max(map(len, layout.chunks(0, layout.length))) == 1000


def test_who_continues_reads_only_what_is_missing() -> None:
    checksums: dict[str, int] = {}
    layout = ZipLayout(ENTRIES, DAY, checksums)
    whole(layout)
    read: list[str] = []

    def noted(one: Entry) -> Entry:
        def reading() -> bytes:
            read.append(one.name)
            return one.read()

        return Entry(one.name, one.size, one.key, reading)

    again = ZipLayout([noted(one) for one in ENTRIES], DAY, checksums)
    list(again.chunks(layout.length - 300, layout.length))
    assert "DICOM/SE0001/IM000001" not in read


@pytest.mark.parametrize("size", [2, 4])
def test_a_file_of_another_length_breaks_the_download(size: int) -> None:
    layout = ZipLayout([entry("a", b"123", size)], DAY, {})
    with pytest.raises(DownloadBroken) as caught:
        whole(layout)
    assert caught.value.key == "a 3"


@pytest.mark.parametrize("limit", [100, 400, 2_000_000])
def test_beyond_four_gigabytes_the_larger_fields_are_used(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits are lowered in place of the files being enlarged; zipfile reads the larger fields all the same."""
    monkeypatch.setattr(zip_layout, "_LIMIT_32", limit)
    layout = ZipLayout(ENTRIES, DAY, {})
    data = whole(layout)
    assert len(data) == layout.length
    assert b"PK\x06\x06" in data and b"PK\x06\x07" in data


def test_more_files_than_sixteen_bits_can_count() -> None:
    layout = ZipLayout([entry(f"{number}", b"x") for number in range(70_000)], DAY, {})
    assert len(opened(whole(layout)).namelist()) == 70_000
