"""Readers for survey exports of other programs than REDCap; each ends in a `RawSurvey`."""
